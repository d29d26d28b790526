#!/usr/bin/env node
// What every program does first, in words that any Node understands: refuse a Node that is too old, then load the
// bundle of its own name, through V8's compile cache where there is a safe place for one.
'use strict';

var version = process.versions.node;
var parts = version.split('.').map(Number);
var major = parts[0];
var minor = parts[1];

if (major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)) {
  useCompileCache();
  require('./lib/' + require('path').basename(__filename));
} else {
  process.stderr.write(
    'EntraTokenBridge needs Node.js 22.21 or a later 22, or 24.5 or later; this is ' +
      version +
      ' (' +
      process.execPath +
      ').\n',
  );
  process.exitCode = 1;
}

/**
 * V8 runs what it finds in the cache as it is. So its folder is the user's own and nobody else's: in the profile, never
 * in a shared temporary folder, and not used when a part of it belongs to somebody else (sudo may keep the caller's
 * HOME) or others may write to it. Without a cache all works the same, a little slower.
 */
function useCompileCache() {
  var windows = process.platform === 'win32';
  var profile = windows ? process.env.LOCALAPPDATA : process.env.HOME;
  try {
    var fs = require('fs');
    var path = require('path');
    if (!profile || !path.isAbsolute(profile)) return;
    var folder = fs.realpathSync(profile);
    var below = (windows ? [] : ['.cache']).concat('EntraTokenBridge', 'compile-cache');
    for (var i = 0; isPrivate(fs, folder); i++) {
      if (i === below.length) {
        require('module').enableCompileCache(folder);
        return;
      }
      folder = path.join(folder, below[i]);
      if (!fs.existsSync(folder)) fs.mkdirSync(folder, 448); // 0700
    }
  } catch (error) {
    // A profile that can't be written to.
  }
}

/** Windows protects a profile by its access list, which its folders inherit; elsewhere owner and mode tell. */
function isPrivate(fs, folder) {
  var found = fs.lstatSync(folder);
  return found.isDirectory() && (!process.getuid || (found.uid === process.getuid() && (found.mode & 18) === 0)); // 0022
}
