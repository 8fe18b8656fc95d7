/** The Java client of a Walnut cluster. */
@NullMarked
package io.walnut.client;

import org.jspecify.annotations.NullMarked;
