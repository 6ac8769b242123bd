#!/usr/bin/env node
// The committed executable: tsc writes its output without the executable bit, git keeps it.
import '../dist/bin/main.js'
