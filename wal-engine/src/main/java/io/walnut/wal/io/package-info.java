/**
 * The seam between the engine and the disk: one directory and its files, each call one operation that can fail or be cut
 * off by a crash. Everything that the engine does to a disk goes through here. Imports nothing of the engine.
 */
@NullMarked
package io.walnut.wal.io;

import org.jspecify.annotations.NullMarked;
