/** What is written of a run, and read again. */
@NullMarked
package io.walnut.chaos.history;

import org.jspecify.annotations.NullMarked;
