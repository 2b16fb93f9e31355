/** The blocks of content that an agent sends, as text and images that a client of ours can show. */
import { limits as defaults } from '../../limits.ts'
import { objectAt, textAt } from './fields.ts'
import type { JsonObject } from '../../wire/json-object.ts'

/** What a block says; an image as a data URL. Of a kind that has no text, what kind it is. */
export function contentOf(block: JsonObject): { readonly text: string; readonly image?: string } {
  switch (textAt(block, 'type')) {
    case 'text':
      return { text: textAt(block, 'text') ?? '' }
    case 'image':
      return {
        text: '',
        image: `data:${textAt(block, 'mimeType') ?? 'image/png'};base64,${textAt(block, 'data') ?? ''}`,
      }
    case 'resource_link': {
      const uri = textAt(block, 'uri') ?? ''
      return { text: `[${textAt(block, 'title') ?? textAt(block, 'name') ?? uri}](${uri})` }
    }
    case 'resource': {
      const resource = objectAt(block, 'resource')
      return { text: textAt(resource, 'text') ?? `[${textAt(resource, 'uri') ?? 'resource'}]` }
    }
    default:
      return { text: `[${textAt(block, 'type') ?? 'content'}]` }
  }
}

const dataUrl = /^data:([\w.+-]+\/[\w.+-]+);base64,/

/** A prompt as blocks. An image that is not a data URL with base64 is told by its address. */
export function promptBlocks(text: string, images: readonly string[]): PromptBlock[] {
  const words: PromptBlock[] = text === '' && images.length > 0 ? [] : [{ type: 'text', text }]
  return [...words, ...images.map(imageBlock)]
}

export type PromptBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: string; readonly mimeType: string }

/** A prompt for an agent that takes no images, and how many were left out. */
export function withoutImages(prompt: readonly PromptBlock[]): {
  prompt: readonly PromptBlock[]
  left: number
} {
  const texts = prompt.filter((block) => block.type === 'text')
  const left = prompt.length - texts.length
  if (left === 0) return { prompt, left }
  return { prompt: [...texts, { type: 'text', text: `[${left} images could not be shown to you.]` }], left }
}

function imageBlock(image: string): PromptBlock {
  const [start, mimeType] = dataUrl.exec(image) ?? []
  const shown = defaults.agentStepCharsMax
  if (start === undefined || mimeType === undefined)
    return { type: 'text', text: `[image: ${image.slice(0, shown)}]` }
  return { type: 'image', data: image.slice(start.length), mimeType }
}
