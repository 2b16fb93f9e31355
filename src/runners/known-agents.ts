/**
 * Agents that are known to speak the Agent Client Protocol, in the order in which one is chosen where nobody says which.
 * Nothing here is downloaded or run: a command says how each is started once its user has installed it.
 */

export interface KnownAgent {
  /** By which it is named on a command line, and as a profile. */
  readonly name: string
  /** As people call it. */
  readonly title: string
  readonly command: readonly [program: string, ...args: string[]]
  /** How it is installed, for people. */
  readonly install: string
  /** How a person logs in to it. */
  readonly login: string
}

export const knownAgents: readonly KnownAgent[] = [
  {
    name: 'claude',
    title: 'Claude Agent',
    command: ['claude-agent-acp'],
    install: 'npm install -g @agentclientprotocol/claude-agent-acp',
    login:
      'run `claude` and then /login, or set ANTHROPIC_API_KEY, in "env" of its profile or where `callboard run` is called',
  },
  {
    name: 'codex',
    title: 'Codex',
    command: ['codex-acp'],
    install: 'npm install -g @agentclientprotocol/codex-acp',
    login:
      'run `codex login`, or set OPENAI_API_KEY, in "env" of its profile or where `callboard run` is called',
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    command: ['gemini', '--acp'],
    install: 'npm install -g @google/gemini-cli',
    login:
      'run `gemini` and choose a way, or set GEMINI_API_KEY, in "env" of its profile or where `callboard run` is called',
  },
  {
    name: 'opencode',
    title: 'OpenCode',
    command: ['opencode', 'acp'],
    install: 'npm install -g opencode-ai',
    login: 'run `opencode auth login`',
  },
  {
    name: 'goose',
    title: 'goose',
    command: ['goose', 'acp'],
    install: 'see https://block.github.io/goose',
    login: 'run `goose configure`',
  },
  {
    name: 'cline',
    title: 'Cline',
    command: ['cline', '--acp'],
    install: 'npm install -g cline',
    login: 'run `cline auth`',
  },
  {
    name: 'copilot',
    title: 'GitHub Copilot',
    command: ['copilot', '--acp'],
    install: 'npm install -g @github/copilot',
    login: 'run `copilot` and then /login',
  },
  {
    name: 'qwen',
    title: 'Qwen Code',
    command: ['qwen', '--acp'],
    install: 'npm install -g @qwen-code/qwen-code',
    login: 'run `qwen` and choose a way',
  },
  {
    name: 'kimi',
    title: 'Kimi CLI',
    command: ['kimi', 'acp'],
    install: 'uv tool install kimi-cli',
    login: 'run `kimi login`',
  },
  {
    name: 'vibe',
    title: 'Mistral Vibe',
    command: ['vibe-acp'],
    install: 'uv tool install mistral-vibe',
    login: 'run `vibe --setup`',
  },
]

/** How a person logs in to the agent that `command` starts; undefined for one that is not known. */
export function loginOf(command: readonly string[]): string | undefined {
  const words = new Set(command.map((word) => word.split('/').at(-1)))
  return knownAgents.find(({ command: [program] }) => words.has(program))?.login
}
