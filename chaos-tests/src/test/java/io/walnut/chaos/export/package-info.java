/** What other programs read. */
@NullMarked
package io.walnut.chaos.export;

import org.jspecify.annotations.NullMarked;
