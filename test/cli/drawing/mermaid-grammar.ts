/**
 * A strict grammar of the part of stateDiagram-v2 that is drawn here, narrower than mermaid's own: what passes is read
 * alike by old and new versions of mermaid. `faults` says line by line what is wrong; it is empty for a good drawing.
 */

export interface Reading {
  readonly faults: readonly string[]
  readonly declared: readonly string[]
  readonly arrows: readonly { readonly from: string; readonly to: string; readonly label: string }[]
}

const id = String.raw`[A-Za-z_]\w*`
const end = String.raw`(?:${id}|\[\*\])`
/** No character that ends a text, begins an entity, a comment, a tag or a style; no control character. */
const safeText = /^(?!\s)[^:;#"{}<>%`\\\p{Cc}]+$/u
/** Mermaid's lexer finds this anywhere in a line. */
const misread = /direction\s+(?:TB|BT|LR|RL)|\[\[|\]\]/i
const reserved = new Set(
  [
    'state stateDiagram note end as class classDef style click href default direction fork join choice scale',
    'hide left right of accTitle accDescr root',
  ].flatMap((words) => words.toLowerCase().split(' ')),
)

const forms = {
  title: /^acc(?:Title|Descr): (.+)$/,
  classDef: /^classDef [a-z]+ [-\w:, ]+$/,
  styled: new RegExp(String.raw`^class (${id}) [a-z]+$`),
  state: new RegExp(String.raw`^state "(.+)" as (${id})( \{)?$`),
  line: new RegExp(String.raw`^(${id}) : (.+)$`),
  arrow: new RegExp(String.raw`^(${end}) --> (${end})(?: : (.+))?$`),
} as const

export function readMermaid(drawing: string): Reading {
  const reader = new Reader()
  const [first, ...lines] = drawing.trimEnd().split('\n')
  if (first !== 'stateDiagram-v2') reader.faults.push(`it begins with ${first}`)
  for (const line of lines) reader.read(line.trim())
  reader.finish()
  return reader
}

class Reader implements Reading {
  readonly faults: string[] = []
  readonly declared: string[] = []
  readonly arrows: { from: string; to: string; label: string }[] = []
  readonly #used = new Set<string>()
  #open = 0

  read(line: string): void {
    if (misread.test(line)) this.faults.push(`mermaid misreads: ${line}`)
    if (line === '}') this.#close()
    else if (!this.#readForm(line)) this.faults.push(`no form: ${line}`)
  }

  finish(): void {
    if (this.#open !== 0) this.faults.push(`${this.#open} braces stay open`)
    const known = new Set(this.declared)
    if (known.size !== this.declared.length) this.faults.push('an id is declared twice')
    for (const used of this.#used) if (!known.has(used)) this.faults.push(`not declared: ${used}`)
    for (const one of known)
      if (reserved.has(one.toLowerCase())) this.faults.push(`a word of mermaid: ${one}`)
  }

  #close(): void {
    this.#open -= 1
    if (this.#open < 0) this.faults.push('a brace closes nothing')
  }

  #readForm(line: string): boolean {
    const title = forms.title.exec(line)
    if (title !== null) return this.#text(title[1])
    const state = forms.state.exec(line)
    if (state !== null) {
      this.declared.push(state[2] ?? '')
      if (state[3] !== undefined) this.#open += 1
      return this.#text(state[1])
    }
    const inner = forms.line.exec(line)
    if (inner !== null) return this.#use(inner[1]) && this.#text(inner[2])
    const styled = forms.styled.exec(line)
    if (styled !== null) return this.#use(styled[1])
    return this.#readArrow(line) || forms.classDef.test(line)
  }

  #readArrow(line: string): boolean {
    const arrow = forms.arrow.exec(line)
    if (arrow === null) return false
    const [, from = '', to = '', label] = arrow
    this.arrows.push({ from, to, label: label ?? '' })
    for (const one of [from, to]) if (one !== '[*]') this.#use(one)
    if (label !== undefined) for (const part of label.split('<br>')) this.#text(part)
    return true
  }

  #use(one: string | undefined): boolean {
    this.#used.add(one ?? '')
    return true
  }

  #text(said: string | undefined): boolean {
    if (!safeText.test(said ?? '')) this.faults.push(`not safe: ${said}`)
    return true
  }
}
