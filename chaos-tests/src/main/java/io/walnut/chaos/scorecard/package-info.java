/** What all runs together have shown, counted from a ledger that each of them adds a line to. */
@NullMarked
package io.walnut.chaos.scorecard;

import org.jspecify.annotations.NullMarked;
