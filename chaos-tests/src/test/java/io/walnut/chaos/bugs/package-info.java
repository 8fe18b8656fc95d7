/**
 * Bugs that are planted, to see that they are found. A bug is a rule of Byteman in {@code src/test/resources/bugs}, which changes
 * the code of a JVM while it is loaded; the code that is given away knows nothing of it. {@link io.walnut.chaos.bugs.PlantedBugs}
 * lists them, each with the trial that must find it, which runs in a JVM of its own with the agent on, and so do all that it starts.
 */
@NullMarked
package io.walnut.chaos.bugs;

import org.jspecify.annotations.NullMarked;
