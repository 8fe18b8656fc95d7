/** The checkers, judged by each other and by histories whose truth is known. */
@NullMarked
package io.walnut.chaos.check;

import org.jspecify.annotations.NullMarked;
