/** Tests of what is deployed: the chart by the real Helm, the Compose file by its content. */
@NullMarked
package io.walnut.deploy;

import org.jspecify.annotations.NullMarked;
