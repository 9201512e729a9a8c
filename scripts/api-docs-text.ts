import { CHANNELS, STREAM_PATH } from '#contract/stream.ts'
import { FAILED_SIGN_INS_MAX, RATE_WITH_TOKEN_MAX, RATE_WITHOUT_TOKEN_MAX } from '#gateway/guard.ts'
import { SOCKETS_MAX } from '#gateway/stream-socket.ts'
import { RESUME_EVENTS_MAX, STATE_INTERVAL_MS } from '#orchestrator/stream/channel-hub.ts'

/** The parts of `docs/api.md` that are written by hand. */
export const API_INTRODUCTION = `# API

This page is generated: \`node scripts/generate-api-docs.ts\` writes it from the contract. Do not edit it; edit \`src/contract\` or \`scripts/api-docs-text.ts\`.

The workstation listens on \`127.0.0.1:8080\` unless told otherwise. \`GET /api/v1/openapi.json\` has the same as an OpenAPI 3.1 document.

- **Token.** \`Authorization: Bearer TOKEN\` on every call. The token is made at the first start and kept in \`api-token\` in the data directory,
  readable by its owner only; \`--token\` or \`API_TOKEN\` replace it (16 characters at least). It is never taken from an address. Only
  \`GET /api/v1/health\` (one word) and, from this machine, \`GET /metrics\` (Prometheus text) answer without it.
- **Money** is decimal text (\`"0.01"\`), **time** is UTC milliseconds. A body is \`application/json\` of at most 1 MiB; an unknown key is an error.
- **Version.** \`X-API-Version: 3.0\` may be sent and is always answered; another major version is refused.
- **Lists** come newest first with \`limit\` (1 to 1,000) and \`cursor\`; hand back \`next_cursor\` until it is \`null\`. \`source\` says whether rows came from memory,
  Postgres or both. \`complete: false\` means that older rows may be missing because Postgres could not be asked.
- **Idempotency-Key** (1 to 100 of letters, digits and \`_ : . / @ -\`) on any write: the same key with the same request is done once and answered alike for 24 hours;
  with another request it is refused. Signals take their id from it, so a repeat after a restart is answered \`DUPLICATE\` and never trades twice.
- **Browsers.** No CORS. The \`Host\` must be \`127.0.0.1\`, \`localhost\` or \`[::1]\` with the port, the \`Origin\` absent or the workstation's own.
- **Rates.** ${RATE_WITH_TOKEN_MAX.toLocaleString('en')} calls a second with the token, ${RATE_WITHOUT_TOKEN_MAX} without; ${FAILED_SIGN_INS_MAX} wrong tokens a minute.
- A signal that does not trade is an answer, not an error: \`200\` with \`outcome\` \`DENIED\` and a \`reason\`. The emergency stop answers with a receipt even
  when something is left; \`remaining\` names it and \`confirmed\` is false.
`

export const STREAM_CHAPTER = `## Stream

\`ws://HOST:PORT${STREAM_PATH}\`, JSON text frames of at most 64 KiB, at most ${SOCKETS_MAX} clients. The token comes in the \`Authorization\` header or, within five seconds, as
the first frame: \`{"action":"auth","token":"…"}\`, answered by \`{"type":"authenticated"}\`.

| a client says | it is answered |
|---|---|
| \`{"action":"subscribe","channel":"trades","symbol"?}\` | \`subscribed\` with \`seq\`, then \`snapshot\` with the same \`seq\`, then events from \`seq + 1\` on |
| \`{"action":"unsubscribe","channel":"trades","symbol"?}\` | \`unsubscribed\` |
| \`{"action":"resume","channel":"trades","seq":N,"symbol"?}\` | \`subscribed\` with \`seq\` N and every event after it; or, when those are gone, as after \`subscribe\` |
| \`{"action":"ping"}\` | \`pong\` |

Channels: ${CHANNELS.map((channel) => `\`${channel}\``).join(', ')}. A snapshot is a list, newest last (\`system\` and \`risk\`: the thing itself); an event carries one row of
it, as the routes above answer it. \`ml\` is empty so far.

- \`seq\` rises by one per channel. The last ${RESUME_EVENTS_MAX.toLocaleString('en')} events of a channel can be resumed. Numbers of an earlier run are answered with a snapshot. With a
  \`symbol\` only its events come, so numbers have gaps where others were.
- Things that happened (trades, orders, signals, alerts, closed candles, a position after a fill, a halt) come one by one. Things that change (prices, forming candles,
  a position's value, balances, status, what is used of the limits) come at most every ${STATE_INTERVAL_MS} ms each, always as they stand then.
- An order keeps its \`seq\` for life; \`updated_at\` tells which of two is newer. A position whose \`side\` is \`FLAT\` is gone.
- A client that does not read is closed with code 1013 and may come back with \`resume\`. Code 1008: no token, or too many frames. 1009: a frame too long.

\`\`\`
> {"action":"auth","token":"…"}
< {"type":"authenticated"}
> {"action":"subscribe","channel":"positions"}
< {"type":"subscribed","channel":"positions","seq":1760000000000000}
< {"type":"snapshot","channel":"positions","seq":1760000000000000,"data":[]}
< {"type":"event","channel":"positions","seq":1760000000000001,"ts":1760000012345,"data":{"id":"manual.BTC-USDT","side":"LONG","quantity":"0.01",…}}
                                  (the connection breaks)
> {"action":"auth","token":"…"}
< {"type":"authenticated"}
> {"action":"resume","channel":"positions","seq":1760000000000001}
< {"type":"subscribed","channel":"positions","seq":1760000000000001}
< {"type":"event","channel":"positions","seq":1760000000000002,"ts":1760000013000,"data":{"id":"manual.BTC-USDT","side":"FLAT",…}}
\`\`\`
`
