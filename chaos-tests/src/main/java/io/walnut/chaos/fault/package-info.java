/** What goes wrong in a run, and when: by a seed. */
@NullMarked
package io.walnut.chaos.fault;

import org.jspecify.annotations.NullMarked;
