// Something that changes things: sent once, however often a button is pressed.

import { useMutation } from '@tanstack/react-query'
import { useRef } from 'react'
import { refreshAll, removeUnused } from './cache.js'

interface ActionOptions<Output> {
  readonly onDone?: (output: Output) => void | Promise<void>
}

export interface Action<Input> {
  readonly run: (input: Input) => void
  readonly isPending: boolean
  readonly error: Error | null
  readonly reset: () => void
}

/** Sends what changes things, and lets everything be read again when it is done. While it is under way nothing more is
 * sent.
 * @param act is given an Idempotency-Key too, the same when the same input is sent again after a failure: a creation
 * whose answer was lost is not made twice */
export function useAction<Input, Output>(
  act: (input: Input, idempotencyKey: string) => Promise<Output>,
  { onDone }: ActionOptions<Output> = {},
): Action<Input> {
  const isUnderWay = useRef(false)
  const sent = useRef({ input: '', key: '' })
  const mutation = useMutation({
    mutationFn: (input: Input) => {
      const text = JSON.stringify(input) ?? ''
      if (sent.current.key === '' || sent.current.input !== text) sent.current = { input: text, key: randomKey() }
      return act(input, sent.current.key)
    },
    // A token may be in what it answers.
    gcTime: 0,
    onSuccess: async output => {
      sent.current = { input: '', key: '' }
      removeUnused()
      await onDone?.(output)
      void refreshAll()
    },
    onSettled: () => {
      isUnderWay.current = false
    },
  })
  return {
    run: input => {
      if (isUnderWay.current) return
      isUnderWay.current = true
      mutation.mutate(input)
    },
    isPending: mutation.isPending,
    error: mutation.error,
    reset: mutation.reset,
  }
}

function randomKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map(number => number.toString(36)).join('-')
}
