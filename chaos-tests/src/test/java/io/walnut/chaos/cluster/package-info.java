/** Clusters, and what can be done to them. */
@NullMarked
package io.walnut.chaos.cluster;

import org.jspecify.annotations.NullMarked;
