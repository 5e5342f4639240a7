import t from 'tap'
import { uploadName } from '../../src/model-folders/upload-name.ts'

t.test('a name keeps what can be kept and leads nowhere', async t => {
  const cases: Array<[string, string | null]> = [
    ['Pump 3.GLB', 'Pump 3.glb'],
    ['Übergröße.step', 'Übergröße.step'],
    ['../../etc/passwd.glb', 'etc_passwd.glb'],
    ['C:\\models\\a.stl', 'C_models_a.stl'],
    ['.hidden.glb', 'hidden.glb'],
    ['a\u0000b\nc\u202e.glb', 'a_b_c_.glb'],
    ['a   b . .glb', 'a b.glb'],
    ['<b>"x"|?*.obj', 'b_x_.obj'],
    ['CON.glb', null],
    ['.glb', 'glb'],
    ['...', null],
    ['', null],
    [`${'ä'.repeat(300)}.glb`, `${'ä'.repeat(98)}.glb`],
    ['no ending', 'no ending']
  ]
  for (const [sent, wanted] of cases) t.equal(uploadName(sent)?.file ?? null, wanted, JSON.stringify(sent))
})
