/** Clusters of containers made from the image of {@code deploy}, by Testcontainers. */
@NullMarked
package io.walnut.chaos.container;

import org.jspecify.annotations.NullMarked;
