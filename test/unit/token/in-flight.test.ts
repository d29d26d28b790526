import { describe, expect, it } from 'vitest';
import { currentRequest } from '../../../src/platform/request-context.ts';
import { TokenError } from '../../../src/protocol/token-error.ts';
import { InFlight } from '../../../src/token/in-flight.ts';
import { recordedContext } from '../../helpers/request-context.ts';

describe('Requests in flight', () => {
  it('are sent once when the same one is asked for twice', async () => {
    const inFlight = new InFlight<number>();
    const gate = Promise.withResolvers<number>();
    let sent = 0;
    const work = (): Promise<number> => ((sent += 1), gate.promise);
    const both = [inFlight.join('a', recordedContext(), work), inFlight.join('a', recordedContext(), work)];
    gate.resolve(7);
    expect(await Promise.all(both)).toEqual([7, 7]);
    expect(sent).toBe(1);
  });

  it('are sent again when the first has ended', async () => {
    const inFlight = new InFlight<number>();
    let sent = 0;
    const work = (): Promise<number> => Promise.resolve((sent += 1));
    expect(await inFlight.join('a', recordedContext(), work)).toBe(1);
    expect(await inFlight.join('a', recordedContext(), work)).toBe(2);
  });

  it('go on for the others when one caller is cancelled', async () => {
    const inFlight = new InFlight<number>();
    const gate = Promise.withResolvers<number>();
    const controller = new AbortController();
    const one = inFlight.join('a', recordedContext({ signal: controller.signal }), () => gate.promise);
    const other = inFlight.join('a', recordedContext(), () => gate.promise);
    controller.abort(new Error('gone'));
    await expect(one).rejects.toThrow('gone');
    gate.resolve(1);
    expect(await other).toBe(1);
  });

  it('end when the last caller is cancelled', async () => {
    const inFlight = new InFlight<number>();
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    const call = inFlight.join('a', recordedContext({ signal: controller.signal }), () => {
      inner = currentRequest()?.signal;
      return Promise.withResolvers<number>().promise;
    });
    controller.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
    expect(inner?.aborted).toBe(true);
  });

  it('tell all who wait, and of what was warned also those who come later', async () => {
    const inFlight = new InFlight<void>();
    const gate = Promise.withResolvers<void>();
    const controller = new AbortController();
    const [first, second] = [recordedContext({ signal: controller.signal }), recordedContext()];
    const work = async (): Promise<void> => {
      currentRequest()?.log('verbose', 'It begins.');
      currentRequest()?.log('warning', 'It is none of yours.');
      await gate.promise;
      currentRequest()?.log('verbose', () => 'It ends.');
    };
    const one = inFlight.join('a', first, work);
    const other = inFlight.join('a', second, work);
    controller.abort(new Error('gone'));
    await expect(one).rejects.toThrow('gone');
    gate.resolve();
    await other;
    expect(first.logged.map(({ message }) => message)).toEqual(['It begins.', 'It is none of yours.']);
    expect(second.logged.map(({ message }) => message)).toEqual(['It is none of yours.', 'It ends.']);
  });

  it('are not kept when they fail', async () => {
    const inFlight = new InFlight<number>();
    await expect(inFlight.join('a', recordedContext(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await inFlight.join('a', recordedContext(), () => Promise.resolve(2))).toBe(2);
  });

  describe('that need a signature of the host', () => {
    const data = Buffer.from('data');
    const work = async (): Promise<string> => {
      const context = currentRequest();
      const signature = await context?.sign?.('PS256', data, context.signal);
      return String(signature);
    };
    const neverSigns = (): Promise<never> => Promise.withResolvers<never>().promise;

    it('ask for one that waits, with its own signal', async () => {
      const asked: unknown[] = [];
      const sign = async (...request: unknown[]): Promise<Uint8Array> => {
        asked.push(...request);
        return Uint8Array.of(1);
      };
      expect(await new InFlight<string>().join('a', recordedContext({ sign }), work)).toBe('1');
      expect(asked).toEqual(['PS256', data, expect.any(AbortSignal)]);
    });

    it('ask for the next one when the first is cancelled meanwhile', async () => {
      const inFlight = new InFlight<string>();
      const controller = new AbortController();
      const gone = Promise.withResolvers<never>();
      controller.signal.addEventListener('abort', () => gone.reject(controller.signal.reason));
      const first = recordedContext({ signal: controller.signal, sign: () => gone.promise });
      const second = recordedContext({ sign: async () => Uint8Array.of(2) });
      const calls = [inFlight.join('a', first, work), inFlight.join('a', second, work)];
      controller.abort(new Error('gone'));
      await expect(calls[0]).rejects.toThrow('gone');
      expect(await calls[1]).toBe('2');
    });

    it("fail with the host's refusal, without asking anybody else", async () => {
      const inFlight = new InFlight<string>();
      const refusal = new TokenError('SigningFailed', 'No.');
      const refusing = recordedContext({ sign: () => Promise.reject(refusal) });
      const calls = [
        inFlight.join('a', refusing, work),
        inFlight.join('a', recordedContext({ sign: neverSigns }), work),
      ];
      for (const call of calls) await expect(call).rejects.toBe(refusal);
    });

    it('have no way to sign where the host has none', async () => {
      expect(await new InFlight<string>().join('a', recordedContext(), work)).toBe('undefined');
    });
  });
});
