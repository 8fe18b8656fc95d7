/** Judges histories: whether one log, appended to and read by many, could have given these answers. */
@NullMarked
package io.walnut.chaos.check;

import org.jspecify.annotations.NullMarked;
