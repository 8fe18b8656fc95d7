/**
 * Gathers the appends of many clients and logs into Raft entries.
 *
 * <pre>
 *   append(batch) --budget--> waiting: as many bytes again, first in first out; beyond that OVERLOADED
 *        |  admitted
 *        v
 *     gathered --(fewer than N entries in flight)--> EntryLog.append(batches) --applied--> each batch's future
 * </pre>
 *
 * <p>What gathers while N entries are on their way becomes the next entry, so a lone append goes at once and a busy node
 * makes large entries, without a clock. Knows neither gRPC nor Ratis.
 */
@NullMarked
package io.walnut.node.append;

import org.jspecify.annotations.NullMarked;
