/**
 * Many named logs in one directory, without a cluster.
 *
 * <pre>
 *  append, create, trim ... --Command--&gt; Wal --durable--&gt; LogIndex.apply --&gt; result
 *                                                            |
 *  read, tail  &lt;-- Wal.read(LSN) &lt;-- BatchLocation &lt;---------+--- image, now and then: opened again from there
 * </pre>
 *
 * Commands, index, results and image are those of {@code io.walnut.wal.logs}, which a node applies too.
 */
@NullMarked
package io.walnut.wal.store;

import org.jspecify.annotations.NullMarked;
