/** A machine with everything that a drawing must show, and words that a careless one would break on. */
import { setup } from 'xstate'

export const sampleMachine = setup({
  delays: { pause: 10 },
  guards: { isSecond: () => false, isNth: (_, params: { n: number }) => params.n === 3 },
  actions: { note: (_, _params: { why: string; n: number }) => {}, ring: () => {} },
}).createMachine({
  id: 'sample',
  description: 'Holds "quotes"; <tags>: and #35; signs %% {too}.',
  initial: 'end',
  on: { halt: { target: '.note', description: 'Anywhere.' } },
  states: {
    end: {
      description: 'Named as a word of mermaid.',
      entry: 'ring',
      exit: ['ring', { type: 'note', params: { why: 'left', n: 1 } }],
      after: { pause: { target: 'state', description: 'Waited.' } },
      on: {
        go: [
          { guard: 'isSecond', target: 'state.deep.bottom', description: 'First choice.' },
          {
            guard: { type: 'isNth', params: { n: 3 } },
            target: 'state',
            actions: { type: 'note', params: { why: 'a:b;c', n: 2 } },
            description: 'Second choice.',
          },
        ],
        poke: { actions: 'ring', description: 'Stays.' },
        noise: { description: 'Heard by nobody.' },
      },
    },
    state: {
      description: 'Has states inside.',
      initial: 'deep',
      onDone: { target: 'note', description: 'Its inside is through.' },
      on: { up: { target: '.over', description: 'Inside.' } },
      states: {
        deep: {
          description: 'Has one more.',
          initial: 'bottom',
          states: {
            bottom: {
              description: 'The lowest.',
              always: { guard: 'isSecond', target: '#sample.state.over', description: 'At once.' },
            },
          },
        },
        over: { type: 'final', description: 'The inner end.' },
      },
    },
    note: { type: 'final', description: 'The outer end.' },
  },
})
