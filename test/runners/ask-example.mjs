// A task that asks two things at once: callboard run -- node ask-example.mjs
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'

const callboard = new Socket({ fd: Number(process.env.CALLBOARD_ASK_FD) })
const ask = (question) => callboard.write(`${JSON.stringify(question)}\n`)

ask({ id: 'name', text: 'Who is it for?' })
ask({ id: 'count', text: 'How many?', fields: [{ name: 'copies', type: 'number', required: true }] })

const answers = {}
for await (const line of createInterface({ input: callboard })) {
  const { id, ...answer } = JSON.parse(line)
  answers[id] = answer
  if (answers.name !== undefined && answers.count !== undefined) break
}
callboard.destroy()
console.log(`${answers.count.values.copies} copies for ${answers.name.text}.`)
