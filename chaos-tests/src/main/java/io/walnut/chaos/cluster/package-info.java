/** Clusters to be tested, of several kinds behind one interface. */
@NullMarked
package io.walnut.chaos.cluster;

import org.jspecify.annotations.NullMarked;
