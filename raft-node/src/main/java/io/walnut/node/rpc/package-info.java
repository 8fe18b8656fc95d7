/**
 * The gRPC face of a node.
 *
 * <pre>
 *   LogService     -- limits, checksum --> AppendBatcher          append, append stream
 *                  -- names -------------> LogLookup              what is said to be absent is so
 *                  -- commands ----------> NodeLogs               create, seal, trim, delete
 *                  -- ReadSession -------> NodeLogs               read, tail: one virtual thread per call
 *   ClusterService ----------------------> NodeLogs               status
 * </pre>
 *
 * <p>Only this package touches gRPC. It asks for everything through {@link io.walnut.node.rpc.NodeLogs} and turns every
 * failure into an {@code ErrorDetail} in one place, {@link io.walnut.node.rpc.Errors}.
 */
@NullMarked
package io.walnut.node.rpc;

import org.jspecify.annotations.NullMarked;
