// Runs a Node function over AWS's Runtime API [AWS rules-and-functions 8], with nothing but Node itself.
// The server starts it as: node -e THIS
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const util = require('util');
const { createRequire } = require('module');
const { pathToFileURL } = require('url');

const [HOST, PORT] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const PREFIX = '/2018-06-01/runtime/';
const ROOT = process.env.LAMBDA_TASK_ROOT;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let currentId = '';

// ---- the Runtime API ----

function ask(method, where, body, kind) {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body || '');
    const headers = { 'Content-Length': bytes.length };
    if (kind) headers['Lambda-Runtime-Function-Error-Type'] = kind;
    const request = http.request({ host: HOST, port: PORT, path: PREFIX + where, method, headers, agent }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
      answer.on('error', reject);
    });
    request.setNoDelay(true);
    request.on('error', reject);
    request.end(bytes);
  });
}

// ---- log: one event however many lines it has ----

function write(level, text) {
  const line = `${new Date().toISOString()}\t${currentId}\t${level}\t${text}`;
  fs.writeSync(1, line.replace(/\n/g, '\r') + '\n');
}

const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
for (const [name, level] of Object.entries(levels)) console[name] = (...words) => write(level, util.format(...words));

// ---- errors ----

class Fault extends Error {
  constructor(kind, message, trace) {
    super(message);
    this.name = kind;
    if (trace) this.stack = trace;
  }
}

function own(line) {
  return /\[eval\]|node:internal|node:async_hooks/.test(line);
}

function describe(error) {
  if (!(error instanceof Error) && !(error && typeof error === 'object' && 'message' in error && 'stack' in error))
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  const lines = String(error.stack || '').split('\n').filter((line) => !own(line));
  return { errorType: String(error.name || 'Error'), errorMessage: String(error.message), trace: lines };
}

function logged(error) {
  const d = describe(error);
  return JSON.stringify({ errorType: d.errorType, errorMessage: d.errorMessage, ...(error && typeof error === 'object' ? error : {}),
    stack: d.trace });
}

function printable(kind) {
  return /^[\x21-\x7e]+$/.test(kind) ? kind : 'Error';
}

async function reportInvocation(error) {
  const d = describe(error);
  await ask('POST', `invocation/${currentId}/error`, JSON.stringify(d), printable(d.errorType));
}

// Outside of a handler: the event it was working on fails, and the process with it.
async function die(error, title, code) {
  write('ERROR', `${title} \t${logged(error)}`);
  try {
    if (currentId) await reportInvocation(error);
  } finally {
    process.exit(code);
  }
}

process.on('uncaughtException', (error) => die(error, 'Uncaught Exception', 129));
process.on('unhandledRejection', (reason) => {
  const error = new Fault('Runtime.UnhandledPromiseRejection', String(reason));
  error.reason = describe(reason);
  die(error, 'Unhandled Promise Rejection', 128);
});

// ---- handler ----

function isModule(file) {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs')) return false;
  for (let folder = path.dirname(file); folder.startsWith(ROOT); folder = path.dirname(folder)) {
    const about = path.join(folder, 'package.json');
    if (fs.existsSync(about)) return JSON.parse(fs.readFileSync(about, 'utf8')).type === 'module';
  }
  return false;
}

async function load(name) {
  const base = path.resolve(ROOT, name);
  const file = ['.js', '.mjs', '.cjs', ''].map((end) => base + end).find((f) => fs.existsSync(f) && fs.statSync(f).isFile());
  if (file && isModule(file)) return import(pathToFileURL(file).href);
  return createRequire(path.join(ROOT, 'bootstrap.js'))(file || base);
}

function explain(error, name) {
  if (error instanceof SyntaxError) return new Fault('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`, error.stack);
  if (error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND'))
    return new Fault('Runtime.ImportModuleError', `Error: ${error.message.replace(/\[eval\]|\/bootstrap\.js/g, name)}`, error.stack);
  return error;
}

async function findHandler(text) {
  const parts = /^(.*?\/?)([^./][^/]*?)\.([^/]+)$/.exec(text);
  const dot = parts ? parts[0].indexOf('.', parts[1].length) : -1;
  if (dot < 0 || text.includes('..')) throw new Fault('Runtime.MalformedHandlerName', 'Bad handler');
  const name = text.slice(0, dot);
  let at;
  try {
    at = await load(name);
  } catch (error) {
    throw explain(error, name);
  }
  for (const word of text.slice(dot + 1).split('.')) {
    const inside = at === undefined || at === null ? undefined : at[word];
    at = inside === undefined && at && at.default ? at.default[word] : inside;
  }
  if (at === undefined) throw new Fault('Runtime.HandlerNotFound', `${text} is undefined or not exported`);
  if (typeof at !== 'function') throw new Fault('Runtime.HandlerNotFound', `${text} is not a function`);
  return at;
}

// ---- one event ----

function makeContext(headers, done) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const given = headers['lambda-runtime-client-context'];
  let client;
  try {
    client = given ? JSON.parse(given) : undefined;
  } catch {
    client = undefined;
  }
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: currentId,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client,
    identity: undefined,
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    done,
    succeed: (result) => done(null, result),
    fail: (error) => done(error === undefined || error === null ? 'handled' : error),
  };
}

// A callback counts when nothing else is left to do, unless the handler says otherwise; a handler that
// promises nothing and calls nobody back is done when nothing is left to do.
function call(handler, event, headers) {
  return new Promise((resolve, reject) => {
    let result;
    let isDone = false;
    const settle = () => {
      process.removeListener('beforeExit', settle);
      if (result && result.failed) reject(result.error);
      else resolve(result ? result.value : undefined);
    };
    const done = (error, value) => {
      if (isDone) return;
      isDone = true;
      result = error === undefined || error === null ? { value } : { failed: true, error };
      if (!context.callbackWaitsForEmptyEventLoop) setImmediate(settle);
    };
    const context = makeContext(headers, done);
    const promise = handler(event, context, done);
    if (promise && typeof promise.then === 'function') promise.then(resolve, reject);
    else process.on('beforeExit', settle);
  });
}

function encode(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) || 'null';
  } catch (error) {
    throw new Fault('Runtime.MarshalError', `Unable to stringify response body: ${error.message}`);
  }
}

async function run(handler, { headers, body }) {
  currentId = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] || '';
  let text;
  try {
    text = encode(await call(handler, JSON.parse(body.toString()), headers));
  } catch (error) {
    write('ERROR', `Invoke Error \t${logged(error)}`);
    await reportInvocation(error);
    return;
  }
  await ask('POST', `invocation/${currentId}/response`, text);
}

async function main() {
  let handler;
  try {
    handler = await findHandler(process.env._HANDLER);
  } catch (error) {
    write('ERROR', `Uncaught Exception \t${logged(error)}`);
    const d = describe(error);
    await ask('POST', 'init/error', JSON.stringify(d), printable(d.errorType));
    process.exit(1);
  }
  for (;;) {
    const next = await ask('GET', 'invocation/next');
    if (next.status !== 200) process.exit(1);
    await run(handler, next);
    currentId = '';
  }
}

main().catch(() => process.exit(1)); // the server is gone
