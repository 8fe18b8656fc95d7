/**
 * The index of many named logs over one WAL: name, offsets, LSN.
 *
 * <pre>
 *  Command --bytes--&gt; WAL record at an LSN --&gt; LogIndex.apply(lsn, command) --&gt; Result
 *                                                   |
 *                     offset of a log --&gt; BatchLocation(lsn, slot) --&gt; WAL record, item in place slot
 * </pre>
 *
 * Deterministic: the same commands at the same LSNs make the same state, the same results and the same image, byte for byte.
 * It has two users: the state machine of the node, with Raft in front, and the embedded store, without. Imports nothing of the
 * rest of the engine.
 */
@NullMarked
package io.walnut.wal.logs;

import org.jspecify.annotations.NullMarked;
