// Runs a Node function over AWS's Runtime API [AWS rules-and-functions 8], with nothing but Node itself.
// The server starts it as: node -e THIS
'use strict';
process.exit(1);
