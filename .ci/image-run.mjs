console.log(process.argv)
await new Promise(r=>setTimeout(r,1000))
import {readFileSync} from 'node:fs'
console.log(readFileSync(process.argv[3],'utf8'))
import {execFileSync} from 'node:child_process'
console.log(execFileSync('sh',['-c',`cd ${process.argv[2]}; ls -la app app/dist; du -sh . app/node_modules app/dist; ls app/node_modules | wc -l; ls -la app/node_modules/lefthook app/node_modules/jest; true`]).toString())
