'use strict';

// An option that is true or false; false when it is not given.
function booleanOption(options, key) {
  if (!(key in options)) return false;
  const value = options[key];
  if (typeof value !== 'boolean') throw new TypeError(`Expected the "${key}" option to be a boolean`);
  return value;
}

module.exports = { booleanOption };
