/** The network in one process, and what is made of it. */
@NullMarked
package io.walnut.chaos.sim;

import org.jspecify.annotations.NullMarked;
