/** Whole runs. */
@NullMarked
package io.walnut.chaos.run;

import org.jspecify.annotations.NullMarked;
