/** The metrics of a node, declared in one place and counted where things happen. Imports nothing of ours. */
@NullMarked
package io.walnut.node.metrics;

import org.jspecify.annotations.NullMarked;
