'use strict';
// Definitions of functions and aggregates: checks what the application gave and makes what the add-on calls.
const { booleanOption } = require('./options');

const ARGUMENTS_MAX = 100;

function checkName(name) {
  if (typeof name !== 'string') throw new TypeError('Expected first argument to be a string');
}

function checkNotEmpty(name) {
  if (name === '') throw new TypeError('User-defined function name cannot be an empty string');
}

function readFlags(options) {
  return {
    // undefined: what defaultSafeIntegers() says when the function is defined
    safeIntegers: 'safeIntegers' in options ? booleanOption(options, 'safeIntegers') : undefined,
    deterministic: booleanOption(options, 'deterministic'),
    directOnly: booleanOption(options, 'directOnly'),
  };
}

function lengthOf(fn) {
  const { length } = fn;
  if (!Number.isInteger(length) || length < 0) throw new TypeError('Expected function.length to be a positive integer');
  return length;
}

function checkArgumentCount(count) {
  if (count > ARGUMENTS_MAX) {
    throw new RangeError(`User-defined functions cannot have more than ${ARGUMENTS_MAX} arguments`);
  }
  return count;
}

function scalarFunction(name, options, fn) {
  options ??= {};
  if (typeof options === 'function') {
    fn = options;
    options = {};
  }
  checkName(name);
  if (typeof fn !== 'function') throw new TypeError('Expected last argument to be a function');
  if (typeof options !== 'object') throw new TypeError('Expected second argument to be an options object');
  checkNotEmpty(name);
  const flags = readFlags(options);
  const argumentCount = booleanOption(options, 'varargs') ? -1 : checkArgumentCount(lengthOf(fn));
  return { name, argumentCount, ...flags, functions: { call: fn } };
}

function functionOption(options, key, required) {
  const value = key in options ? options[key] : null;
  if (typeof value === 'function') return value;
  if (value != null) throw new TypeError(`Expected the "${key}" option to be a function`);
  if (required) throw new TypeError(`Missing required option "${key}"`);
  return null;
}

// Accumulators of the groups that are being computed, by the number that the engine keeps for each.
class Accumulators {
  #values = [];
  #free = [];

  add(value) {
    const number = this.#free.pop() ?? this.#values.length;
    this.#values[number] = value;
    return number;
  }
  get(number) { return this.#values[number]; }
  set(number, value) { this.#values[number] = value; }
  remove(number) {
    this.#values[number] = undefined;
    this.#free.push(number);
  }
}

function aggregateFunctions(start, step, inverse, result) {
  const accumulators = new Accumulators();
  const change = (fn) => (number, ...args) => {
    const next = fn.call(undefined, accumulators.get(number), ...args);
    if (next !== undefined) accumulators.set(number, next);
  };
  const functions = {
    start: () => accumulators.add(typeof start === 'function' ? start.call(undefined) : start),
    call: change(step),
    result(number, isFinal) {
      const value = accumulators.get(number);
      if (isFinal) functions.destroy(number);
      return result === null ? value : result.call(undefined, value);
    },
    destroy: (number) => accumulators.remove(number),
  };
  if (inverse !== null) functions.inverse = change(inverse);
  return functions;
}

function aggregateFunction(name, options) {
  checkName(name);
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('Expected second argument to be an options object');
  }
  checkNotEmpty(name);
  const start = 'start' in options ? options.start : null;
  const step = functionOption(options, 'step', true);
  const inverse = functionOption(options, 'inverse', false);
  const result = functionOption(options, 'result', false);
  const flags = readFlags(options);
  let argumentCount = -1;
  if (!booleanOption(options, 'varargs')) {
    // The first parameter is the accumulator.
    const length = Math.max(lengthOf(step), inverse === null ? 0 : lengthOf(inverse));
    argumentCount = checkArgumentCount(Math.max(0, length - 1));
  }
  return { name, argumentCount, ...flags, functions: aggregateFunctions(start, step, inverse, result) };
}

module.exports = { scalarFunction, aggregateFunction };
