/** Clusters of real processes on this machine, killed for real. */
@NullMarked
package io.walnut.chaos.process;

import org.jspecify.annotations.NullMarked;
