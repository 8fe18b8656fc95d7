/** What goes wrong, and when. */
@NullMarked
package io.walnut.chaos.fault;

import org.jspecify.annotations.NullMarked;
