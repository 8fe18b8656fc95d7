/**
 * A queue of durable writes through Linux's io_uring, called by the Foreign Function and Memory API: no native library.
 *
 * <pre>
 * UringStorage, UringFile ── what is not a queued write ──> FileChannelStorage
 *   UringWrites (the queue) ──> Ring ──> SystemCalls (Libc)
 * Backends: which storage a directory gets, and why
 * </pre>
 *
 * Imports the seam, {@code io.walnut.wal.io}, and nothing else of the engine but the size of a block.
 */
@NullMarked
package io.walnut.wal.io.uring;

import org.jspecify.annotations.NullMarked;
