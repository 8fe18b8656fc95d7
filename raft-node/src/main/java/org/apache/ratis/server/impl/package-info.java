/**
 * The seam through which our log gets into a Ratis division. It lives in a package of Ratis because the classes that
 * it needs are package-private there; nothing else of ours does.
 */
@NullMarked
package org.apache.ratis.server.impl;

import org.jspecify.annotations.NullMarked;
