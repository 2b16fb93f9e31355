/** What a task waits for somebody to say, with what can be said: options, a text, a form. */
import { useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { isRecord } from '../session.ts'
import { plainLines, plain, span } from './figures.ts'

interface AskOption {
  readonly id: string
  readonly label: string
  readonly meaning?: string
}

interface AskField {
  readonly name: string
  readonly label?: string
  readonly type: string
  readonly options?: readonly AskOption[]
}

interface AskRow {
  readonly id: string
  readonly kind: string
  readonly text: string
  readonly options?: readonly AskOption[]
  readonly fields?: readonly AskField[]
  readonly deadline?: number
}

function isAsk(value: unknown): value is AskRow {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['kind'] === 'string'
}

interface AsksProps {
  readonly asks: readonly unknown[]
  readonly control: boolean
  readonly act: (command: object) => Promise<void>
}

export function Asks({ asks, control, act }: AsksProps): JSX.Element {
  return (
    <>
      {asks.filter(isAsk).map((ask) => (
        <AskCard
          key={ask.id}
          ask={ask}
          control={control}
          answer={(data) => act({ commandName: 'RespondToAsk', data: { askId: ask.id, ...data } })}
        />
      ))}
    </>
  )
}

interface AskProps {
  readonly ask: AskRow
  readonly control: boolean
  readonly answer: (data: object) => Promise<void>
}

function AskCard({ ask, control, answer }: AskProps): JSX.Element {
  return (
    <section class="ask" aria-label="Question">
      <p>{plainLines(ask.text)}</p>
      {ask.deadline === undefined ? null : (
        <p class="faint">{`for ${span(ask.deadline - Date.now())} more`}</p>
      )}
      {control ? (
        <>
          {(ask.options ?? []).map((option) => (
            <button
              key={option.id}
              type="button"
              class={option.meaning ?? ''}
              onClick={() => void answer({ option: option.id })}
            >
              {plain(option.label, 60)}
            </button>
          ))}
          {ask.kind === 'question' ? <TextAnswer answer={answer} /> : null}
          {ask.kind === 'form' ? <FormAnswer fields={ask.fields ?? []} answer={answer} /> : null}
        </>
      ) : (
        <p class="faint">This page may only look.</p>
      )}
    </section>
  )
}

function TextAnswer({ answer }: Pick<AskProps, 'answer'>): JSX.Element {
  const [text, setText] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void answer({ text })
      }}
    >
      <input aria-label="Answer" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit">Answer</button>
    </form>
  )
}

function FormAnswer({
  fields,
  answer,
}: {
  fields: readonly AskField[]
  answer: AskProps['answer']
}): JSX.Element {
  const [values, setValues] = useState<Readonly<Record<string, string | number | boolean>>>({})
  const set = (name: string, value: string | number | boolean): void =>
    setValues({ ...values, [name]: value })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void answer({ values })
      }}
    >
      {fields.map((field) => (
        <label key={field.name}>
          {plain(field.label ?? field.name, 80)} <FieldInput field={field} set={set} />
        </label>
      ))}
      <button type="submit">Answer</button>
    </form>
  )
}

function FieldInput(props: {
  field: AskField
  set: (name: string, value: string | number | boolean) => void
}): JSX.Element {
  const { field, set } = props
  if (field.type === 'boolean')
    return <input type="checkbox" onChange={(event) => set(field.name, event.currentTarget.checked)} />
  if (field.type === 'choice')
    return (
      <select onChange={(event) => set(field.name, event.currentTarget.value)}>
        <option value="" />
        {(field.options ?? []).map(({ id, label }) => (
          <option key={id} value={id}>
            {plain(label, 60)}
          </option>
        ))}
      </select>
    )
  if (field.type === 'number')
    return (
      <input
        type="number"
        step="any"
        onInput={(event) => set(field.name, event.currentTarget.valueAsNumber)}
      />
    )
  return <input type="text" onInput={(event) => set(field.name, event.currentTarget.value)} />
}
