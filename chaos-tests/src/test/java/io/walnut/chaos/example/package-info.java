/** A test as users of the simulation kit write theirs, and the page that shows it. */
@NullMarked
package io.walnut.chaos.example;

import org.jspecify.annotations.NullMarked;
