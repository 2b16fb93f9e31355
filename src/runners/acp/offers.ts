/** What an agent offers: slash commands, modes, models, and how each is chosen. The newest word of the agent counts. */
import { limits as defaults } from '../../limits.ts'
import { isJsonObject } from '../../wire/json-object.ts'
import { cutText, objectAt, objectsAt, textAt } from './fields.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { Offers } from '../runner.ts'

/** How a value is set: by the request for modes or models, or as one of the agent's options. */
export type Setting =
  | { readonly by: 'mode' | 'model' }
  | { readonly by: 'option'; readonly id: string; readonly type: 'select' | 'boolean' }

interface Choice {
  readonly id: string
  readonly name: string
  readonly description?: string
}

interface Chosen {
  readonly setting: Setting
  readonly choices: readonly Choice[]
  readonly current: string | undefined
}

/** Published clients drop an answer without these; no agent says them. */
const unknownModel = { contextWindow: 0, supportsPromptCache: false } as const

export class AgentOffers {
  readonly #countMax: number
  #commands: Offers['commands'] = []
  #modes: Chosen | undefined
  #models: Chosen | undefined
  #options: readonly JsonObject[] = []

  /** At most `countMax` of each are kept. */
  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get offers(): Offers {
    return {
      commands: this.#commands,
      modes: this.#all('mode')?.choices.map(({ id, name }) => ({ slug: id, name })) ?? [],
      models: Object.fromEntries(
        (this.#all('model')?.choices ?? []).map(({ id, name, description }) => [
          id,
          { ...unknownModel, name, ...(description === undefined ? {} : { description }) },
        ]),
      ),
    }
  }

  get mode(): string | undefined {
    return this.#all('mode')?.current
  }

  /** How the mode or model `id` is set, or which ones there are. */
  settingOf(what: 'mode' | 'model', id: string): Setting | readonly string[] {
    const found = this.#all(what)
    if (found?.choices.some((one) => one.id === id) === true) return found.setting
    return found?.choices.map((one) => one.id) ?? []
  }

  /** How the option `id` is set, or which ones there are. */
  optionOf(id: string): Setting | readonly string[] {
    const found = this.#options.find((one) => textAt(one, 'id') === id)
    if (found === undefined) return this.#options.map((one) => textAt(one, 'id') ?? '')
    return { by: 'option', id, type: found['type'] === 'boolean' ? 'boolean' : 'select' }
  }

  /** What the answer to session/new, load or resume says. */
  takeSession(answer: JsonObject): void {
    const modes = objectsAt(objectAt(answer, 'modes'), 'availableModes', this.#countMax)
    if (modes !== undefined) {
      const current = textAt(objectAt(answer, 'modes'), 'currentModeId')
      this.#modes = { setting: { by: 'mode' }, choices: choicesOf(modes, 'id'), current }
    }
    const models = objectsAt(objectAt(answer, 'models'), 'availableModels', this.#countMax)
    if (models !== undefined) {
      const current = textAt(objectAt(answer, 'models'), 'currentModelId')
      this.#models = { setting: { by: 'model' }, choices: choicesOf(models, 'modelId'), current }
    }
    this.takeOptions(answer)
  }

  takeOptions(update: JsonObject): void {
    this.#options = objectsAt(update, 'configOptions', this.#countMax) ?? this.#options
  }

  takeMode(id: string): void {
    if (this.#modes !== undefined) this.#modes = { ...this.#modes, current: id }
  }

  takeCommands(update: JsonObject): void {
    const commands = objectsAt(update, 'availableCommands', this.#countMax) ?? []
    this.#commands = commands.map((one) => {
      const [description, hint] = [textAt(one, 'description'), textAt(objectAt(one, 'input'), 'hint')]
      return {
        name: cutText(textAt(one, 'name') ?? '', defaults.agentNameCharsMax),
        ...(description === undefined
          ? {}
          : { description: cutText(description, defaults.agentWordsCharsMax) }),
        ...(hint === undefined ? {} : { argumentHint: cutText(hint, defaults.agentWordsCharsMax) }),
      }
    })
  }

  /** An agent that has an option of this category means that, whatever else it still sends. */
  #all(what: 'mode' | 'model'): Chosen | undefined {
    const option = this.#options.find((one) => one['category'] === what && one['type'] === 'select')
    if (option === undefined) return what === 'mode' ? this.#modes : this.#models
    const setting = { by: 'option', id: textAt(option, 'id') ?? '', type: 'select' } as const
    return { setting, choices: this.#choicesOf(option), current: textAt(option, 'currentValue') }
  }

  #choicesOf(option: JsonObject): Choice[] {
    const listed = objectsAt(option, 'options', this.#countMax) ?? []
    const flat = listed.flatMap((one) => objectsAt(one, 'options', this.#countMax) ?? [one])
    return choicesOf(flat.slice(0, this.#countMax), 'value')
  }
}

export function isSetting(found: Setting | readonly string[]): found is Setting {
  return isJsonObject(found)
}

function choicesOf(listed: readonly JsonObject[], idKey: string): Choice[] {
  return listed.flatMap((one) => {
    const id = textAt(one, idKey)
    if (id === undefined || id.length > defaults.agentNameCharsMax) return []
    const description = textAt(one, 'description')
    return [
      {
        id,
        name: cutText(textAt(one, 'name') ?? id, defaults.agentNameCharsMax),
        ...(description === undefined
          ? {}
          : { description: cutText(description, defaults.agentWordsCharsMax) }),
      },
    ]
  })
}
