import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { classifyPostgresError } from './classify-error.ts'
import { describeConnection, resolvePostgres } from './connection.ts'
import { claimPort } from './claim-port.ts'
import { describePortHolder } from '#platform/port-holder.ts'
import { unpackedPath } from './server-home.ts'

describe('which Postgres', () => {
  test('nothing said: embedded on 5555', () => {
    expect(resolvePostgres({ env: {}, config: { mode: 'embedded' } })).toEqual({ kind: 'embedded', port: 5555, database: 'bot_trading_v3' })
    expect(resolvePostgres({ env: { PGHOST: '', PGUSER: 'me' }, config: { mode: 'embedded', port: 0, database: 'x' } })).toEqual({
      kind: 'embedded',
      port: 0,
      database: 'x',
    })
  })

  test('PG* settings of the environment win over embedded and over the config', () => {
    const env = { PGHOST: 'db.example', PGPORT: '6000', PGUSER: 'ann', PGPASSWORD: 'p', PGDATABASE: 'mine', PGSSLMODE: 'require' }
    const connection = { host: 'db.example', port: 6000, user: 'ann', password: 'p', database: 'mine', ssl: 'require' }
    expect(resolvePostgres({ env, config: { mode: 'embedded', port: 5555 } })).toEqual({ kind: 'external', connection })
    expect(resolvePostgres({ env, config: { mode: 'external', host: 'other', user: 'bob' } })).toEqual({ kind: 'external', connection })
  })

  test('an external server takes what is missing from defaults', () => {
    expect(resolvePostgres({ env: {}, config: { mode: 'external', host: 'h', ssl: true } })).toEqual({
      kind: 'external',
      connection: { host: 'h', port: 5432, user: 'postgres', password: undefined, database: 'bot_trading_v3', ssl: 'verify' },
    })
    expect(resolvePostgres({ env: { PGPORT: '7' }, config: { mode: 'embedded', port: 5555 } })).toMatchObject({
      connection: { host: '127.0.0.1', port: 7 },
    })
  })

  test('none is none, whatever the environment says', () => {
    expect(resolvePostgres({ env: { PGHOST: 'h' }, config: { mode: 'none' } })).toEqual({ kind: 'none' })
  })

  test('a description never holds the password', () => {
    expect(describeConnection({ host: 'h', port: 1, user: 'u', password: 'secret', database: 'd', ssl: 'off' })).toBe('u@h:1/d')
  })
})

describe('what a failure means', () => {
  const fail = (code: string | undefined, message = 'words') => Object.assign(new Error(message), code === undefined ? {} : { code })
  test.each([
    ['ECONNREFUSED', 'POSTGRES_UNREACHABLE', true],
    ['57P03', 'POSTGRES_UNREACHABLE', true],
    ['57P01', 'POSTGRES_UNREACHABLE', true],
    ['53300', 'POSTGRES_UNREACHABLE', true],
    ['53100', 'POSTGRES_UNREACHABLE', true],
    ['55P03', 'POSTGRES_UNREACHABLE', true],
    ['40001', 'POSTGRES_UNREACHABLE', true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'POSTGRES_UNREACHABLE', true],
    [undefined, 'POSTGRES_UNREACHABLE', true],
    ['28P01', 'POSTGRES_WRONG_PASSWORD', false],
    ['28000', 'POSTGRES_WRONG_PASSWORD', false],
    ['3D000', 'NOT_FOUND', false],
    ['42501', 'REFUSED', false],
    ['23505', 'CONFLICT', false],
    ['22P02', 'CONFLICT', false],
    ['42P01', 'POSTGRES_UNREACHABLE', true],
  ])('%s is %s', (code, expected, retryable) => {
    const error = classifyPostgresError(fail(code, 'timeout expired'), 'u@h:1/d')
    expect(error).toMatchObject({ code: expected, retryable })
    expect(error.message).toContain('u@h:1/d')
  })

  test('an empty password is a wrong password', () => {
    expect(classifyPostgresError(fail(undefined, 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), 'x').code).toBe(
      'POSTGRES_WRONG_PASSWORD',
    )
  })

  test('several addresses that all refuse are one unreachable server', () => {
    expect(classifyPostgresError(new AggregateError([fail('ECONNREFUSED', 'connect ECONNREFUSED ::1:5')]), 'x')).toMatchObject({
      code: 'POSTGRES_UNREACHABLE',
    })
  })

  test('a bug stays a bug, our own failures stay as they are', () => {
    expect(() => classifyPostgresError(new TypeError('x is not a function'), 'x')).toThrow(TypeError)
    const own = new AppError('POSTGRES_AHEAD', 'm')
    expect(classifyPostgresError(own, 'x')).toBe(own)
  })
})

describe('ports and paths', () => {
  test('a port that is taken is refused by name, a free one is given', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await expect(claimPort(port)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    if (process.platform === 'linux') {
      expect(await describePortHolder(port)).toContain(`pid ${process.pid}`)
      await expect(claimPort(port)).rejects.toThrow(`pid ${process.pid}`)
    }
    await new Promise((resolve) => server.close(resolve))
    expect(await claimPort(port)).toBe(port)
    expect(await claimPort(0)).toBeGreaterThan(0)
  })

  test('programs inside an archive are run from beside it', () => {
    expect(unpackedPath('/opt/app/resources/app.asar/node_modules/x')).toBe('/opt/app/resources/app.asar.unpacked/node_modules/x')
    expect(unpackedPath('/opt/app.asar.unpacked/x')).toBe('/opt/app.asar.unpacked/x')
    expect(unpackedPath('/home/me/x')).toBe('/home/me/x')
  })
})
