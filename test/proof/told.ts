/** What a raw link was told of a task, in words; a message that is updated is one message. */
import type { RawLink, Received } from '../daemon/raw-link.ts'
import { eventsOf, nameOf } from '../daemon/task-events.ts'

export function told(link: RawLink, task: string): string[] {
  return eventsOf(link, task)
    .filter((event) => !isUpdate(event))
    .map(nameOf)
}

function isUpdate({ data }: Received): boolean {
  const [first] = data?.payload ?? []
  return typeof first === 'object' && first !== null && 'action' in first && first.action === 'updated'
}
