/** The harness as a program. */
@NullMarked
package io.walnut.chaos.cli;

import org.jspecify.annotations.NullMarked;
