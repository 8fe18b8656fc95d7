/** What the suites of this module share. */
@NullMarked
package io.walnut.chaos;

import org.jspecify.annotations.NullMarked;
