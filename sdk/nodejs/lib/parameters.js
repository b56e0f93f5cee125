'use strict';
// Parameters: from the arguments of a call to cells of the frame.
const {
  header, doubles, int64s, tags, PARAMETER_COUNT, TAG_DOUBLE, TAG_NULL, TAG_HEAP, TAG_INT64,
} = require('./frame');

const TOO_MANY = 'Too many parameter values were provided';

// Names of a statement's parameters. `keys` holds, by place, the name without its prefix or null; `positional` the places
// that values in a list fill: those without a name and, in a call without named values, the numbered ones (?1).
class ParameterNames {
  constructor(names) {
    this.keys = names.map((name) => (name === null ? null : name.slice(1)));
    this.named = [];
    this.anonymous = [];
    this.positional = [];
    names.forEach((name, place) => {
      if (name === null) this.anonymous.push(place);
      else this.named.push(place);
      if (name === null || name[0] === '?') this.positional.push(place);
    });
  }
}

function isPlainObject(value) {
  const prototype = Object.getPrototypeOf(value);
  // An object of another realm (vm) is plain when its prototype is the root of that realm.
  return prototype === Object.prototype || prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'));
}

const isNamedValues = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) && isPlainObject(value);

// Values by place, collected from lists, single values and one object; the caller's getters run here, before the frame is
// touched.
function collectValues(args, names, count) {
  const values = new Array(count);
  const object = args.find(isNamedValues);
  const places = names === null ? null : object === undefined ? names.positional : names.anonymous;
  let used = 0;
  let filled = 0;
  const add = (value) => {
    const place = places === null ? used : places[used];
    if (place === undefined || place >= count) throw new RangeError(TOO_MANY);
    requireBindable(value);
    values[place] = value;
    ++used;
    ++filled;
  };
  let namedGiven = false;
  for (const arg of args) {
    if (Array.isArray(arg)) {
      for (let i = 0; i < arg.length; ++i) add(arg[i]);
    } else if ((typeof arg === 'object' && arg !== null && !ArrayBuffer.isView(arg)) || typeof arg === 'function') {
      if (isNamedValues(arg)) {
        if (namedGiven) throw new TypeError('You cannot specify named parameters in two different objects');
        namedGiven = true;
        for (const place of names === null ? [] : names.named) {
          const key = names.keys[place];
          if (!Object.hasOwn(arg, key)) throw new RangeError(`Missing named parameter "${key}"`);
          const value = arg[key];
          requireBindable(value);
          values[place] = value;
          ++filled;
        }
      } else if (names !== null && names.named.length > 0) {
        throw new TypeError('Named parameters can only be passed within plain objects');
      } else {
        add(arg);
      }
    } else {
      add(arg);
    }
  }
  if (filled < count) {
    if (!namedGiven && names !== null) throw new TypeError('Missing named parameters');
    throw new RangeError('Too few parameter values were provided');
  }
  return values;
}

function requireBindable(value) {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'undefined':
      return;
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return;
      throw new RangeError('The bound string, buffer, or bigint is too big');
    case 'object':
      if (value === null || ArrayBuffer.isView(value)) return;
  }
  throw new TypeError('SQLite3 can only bind numbers, strings, bigints, buffers, and null');
}

const asBytes = (view) =>
  (view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength));

// Writes values that requireBindable() let pass; returns the texts and blobs among them.
function writeValues(values) {
  const heap = [];
  for (let i = 0; i < values.length; ++i) {
    const value = values[i];
    switch (typeof value) {
      case 'number':
        doubles[i] = value;
        tags[i] = TAG_DOUBLE;
        break;
      case 'string':
        tags[i] = TAG_HEAP;
        heap.push(value);
        break;
      case 'bigint':
        int64s[i] = value;
        tags[i] = TAG_INT64;
        break;
      default:
        if (value === null || value === undefined) {
          tags[i] = TAG_NULL;
        } else {
          tags[i] = TAG_HEAP;
          heap.push(asBytes(value));
        }
    }
  }
  header[PARAMETER_COUNT] = values.length;
  return heap;
}

const NOTHING = [];

// Puts the arguments of a call into the frame for a statement with `count` parameters; `names` is null when they are all
// nameless. Returns the texts and blobs, which go to the add-on as arguments.
function writeParameters(args, names, count) {
  if (names === null && args.length === count) {
    // What nearly every call looks like: plain values, as many as there are parameters.
    let heap = NOTHING;
    let i = 0;
    for (; i < count; ++i) {
      const value = args[i];
      if (typeof value === 'number') {
        doubles[i] = value;
        tags[i] = TAG_DOUBLE;
      } else if (typeof value === 'string') {
        tags[i] = TAG_HEAP;
        if (heap === NOTHING) heap = [value];
        else heap.push(value);
      } else if (value === null) {
        tags[i] = TAG_NULL;
      } else {
        break;
      }
    }
    if (i === count) {
      header[PARAMETER_COUNT] = count;
      return heap;
    }
  }
  return writeValues(collectValues(args, names, count));
}

module.exports = { ParameterNames, writeParameters };
