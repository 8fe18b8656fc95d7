/**
 * Durable writes through Linux's io_uring, called by the Foreign Function and Memory API: no native library.
 *
 * <pre>
 * UringStorage ── what is not a durable write ──> FileChannelStorage
 *   UringFile.writeDurably ── borrows a ring of ── Rings ──> Ring ──> SystemCalls (Libc)
 *   UringWrites (a queue) ──── has one of its own ─────────>
 * Backends: which storage a directory gets, and why
 * </pre>
 *
 * Imports the seam, {@code io.walnut.wal.io}, and nothing else of the engine but the size of a block.
 */
@NullMarked
package io.walnut.wal.io.uring;

import org.jspecify.annotations.NullMarked;
