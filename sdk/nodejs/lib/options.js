'use strict';

// An option that is true or false; false when it is not given.
function booleanOption(options, key) {
  if (!(key in options)) return false;
  const value = options[key];
  if (typeof value !== 'boolean') throw new TypeError(`Expected the "${key}" option to be a boolean`);
  return value;
}

// The argument of a method that switches something: on when there is none.
function switchArgument(args) {
  if (args.length === 0) return true;
  if (typeof args[0] !== 'boolean') throw new TypeError('Expected first argument to be a boolean');
  return args[0];
}

module.exports = { booleanOption, switchArgument };
