/**
 * One Raft group of a node: Apache Ratis in front, our WAL behind, named logs as the state machine.
 *
 * <pre>
 *   submit(command) -> Ratis division -> WalRaftLog -> Wal (index = LSN)
 *                            |  committed
 *                            v
 *                   WalnutStateMachine -> io.walnut.wal.logs (offsets -> LSN)   <- find, read (LogView)
 * </pre>
 *
 * <p>The Raft log is the store: an entry is written once per node, and applying it only updates an index in memory.
 * Only this package (and the seam class in {@code org.apache.ratis.server.impl}) touches Ratis, and none of its
 * public types shows a Ratis type to the rest of the node.
 */
@NullMarked
package io.walnut.node.raft;

import org.jspecify.annotations.NullMarked;
