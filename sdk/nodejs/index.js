'use strict';
module.exports = require('./lib/database');
