/**
 * A whole cluster in one process, with a network between its nodes that loses, delays and doubles messages by a seed.
 *
 * <p>The only package here that knows the inside of a node: it starts {@link io.walnut.node.Node}s and stands before the ports
 * on which they hear each other.
 */
@NullMarked
package io.walnut.chaos.sim;

import org.jspecify.annotations.NullMarked;
