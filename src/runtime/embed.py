#!/usr/bin/env python3
# Makes a C array of a file: embed.py INPUT OUTPUT NAME
import sys

source, target, name = sys.argv[1:]
data = open(source, 'rb').read()
with open(target, 'w') as out:
    out.write('extern const char %s[];\nconst char %s[] = {\n' % (name, name))
    for at in range(0, len(data), 20):
        out.write(''.join('%d,' % byte for byte in data[at:at + 20]) + '\n')
    out.write('0};\n')
