import { readFileSync } from 'node:fs'

/**
 * What runs in the page before anything else: the renderer's half of Electron (`ipcRenderer`, `contextBridge`, ports), and
 * over it the BUILT preload. Unlike in Electron there is no isolated world, so isolation itself cannot be shown here.
 */
export function pageScript(preloadFile: string, preloadArguments: readonly string[]): string {
  const argv = JSON.stringify(['electron', ...preloadArguments])
  return `if (window === window.top) (${renderer})((electron) => {
  const require = (name) => { if (name === 'electron') return electron; throw new Error('a sandboxed preload cannot require ' + name) };
  const process = { argv: ${argv} };
  const module = { exports: {} };
  (function (require, process, module, exports) {
${readFileSync(preloadFile, 'utf8')}
  })(require, process, module, module.exports);
});`
}

/** JavaScript source: it lives in the page, where the types of this project's Node programs do not apply. */
const renderer = `function (runPreload) {
  const tell = (message) => window.__electronStandInTell(JSON.stringify(message));
  const listeners = new Map();
  const ports = new Map();
  const answers = new Map();
  let nextCall = 1;

  const adopt = (id) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = (event) => tell({ kind: 'port-data', port: id, data: event.data });
    ports.set(id, channel.port1);
    return channel.port2;
  };
  Object.defineProperty(window, '__electronStandInHear', {
    value: (messages) => {
      for (const message of messages) {
        if (message.told === 'ipc') {
          const event = { ports: message.ports.map(adopt) };
          for (const listener of listeners.get(message.channel) ?? []) listener(event, message.message);
        } else if (message.told === 'port-data') ports.get(message.port)?.postMessage(message.data);
        else if (message.told === 'port-close') { ports.get(message.port)?.close(); ports.delete(message.port); }
        else if (message.told === 'answer') {
          const { resolve, reject } = answers.get(message.id);
          answers.delete(message.id);
          if (message.ok) resolve(message.value); else reject(new Error(message.message));
        }
      }
    },
  });
  runPreload({
    contextBridge: {
      exposeInMainWorld: (key, api) => Object.defineProperty(window, key, { value: Object.freeze({ ...api }), enumerable: true }),
    },
    ipcRenderer: {
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
      send: (channel, ...args) => tell({ kind: 'send', channel, args }),
      invoke: (channel, ...args) => new Promise((resolve, reject) => {
        const id = nextCall++;
        answers.set(id, { resolve, reject });
        tell({ kind: 'invoke', id, channel, args });
      }),
    },
  });
}`
