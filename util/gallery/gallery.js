// Sorting and searching of inputs, and an enlarged view with a slider between two images.
const el=id=>document.getElementById(id),grid=el('grid'),viewer=el('viewer'),listed=[...grid.children];
listed.forEach(card=>card.metrics=JSON.parse(card.dataset.metrics));
let visible=listed,at=0,ascending=true;
const compareNames=new Intl.Collator(undefined,{numeric:true,sensitivity:'base'}).compare;

function arrange(){
  const by=el('sort').value,sign=ascending?1:-1,metric=by.slice(2);
  const value=card=>card.metrics[metric];
  const cards=[...listed];
  if(by==='name')cards.sort((a,b)=>sign*compareNames(a.dataset.name,b.dataset.name));
  else if(by)cards.sort((a,b)=>(metric in b.metrics)-(metric in a.metrics)||sign*(value(a)-value(b))||0);
  else if(!ascending)cards.reverse();
  const wanted=el('find').value.trim().toLowerCase();
  for(const card of cards)card.hidden=!card.dataset.name.toLowerCase().includes(wanted);
  visible=cards.filter(card=>!card.hidden);
  grid.append(...cards);
  el('count').textContent=wanted?visible.length+' of '+listed.length:'';
  if(listed.length)el('none').hidden=visible.length>0;
}
el('print').onclick=async()=>{ // first load the images that were never in view
  await Promise.all([...document.images].map(image=>{image.loading='eager';return image.decode().catch(()=>{})}));
  print();
};
el('sort').onchange=arrange;
el('find').oninput=arrange;
document.querySelector('.controls').onsubmit=event=>event.preventDefault();
el('direction').onclick=()=>{
  ascending=!ascending;el('direction').textContent=ascending?'↑':'↓';
  el('direction').setAttribute('aria-label',ascending?'ascending':'descending');arrange();
};

const sides={left:null,right:null};
const imagesOf=card=>new Map([...card.querySelectorAll('button[data-label]')]
  .map(button=>[button.dataset.label,button.firstChild]));
function setWipe(percent){
  const value=Math.min(100,Math.max(0,percent));
  el('wipe').value=value;document.querySelector('.stage').style.setProperty('--wipe',value+'%');
}
function fill(side,labels,fallback){
  const chosen=labels.includes(sides[side])?sides[side]:fallback;
  el(side).replaceChildren(...labels.map(label=>new Option(label,label,false,label===chosen)));
  return chosen;
}
function show(index){
  at=(index+visible.length)%visible.length;
  const card=visible[at],here=imagesOf(card),labels=[...here.keys()];
  if(!labels.length)return;
  const left=fill('left',labels,labels[0]),right=fill('right',labels,labels[Math.min(labels[1]==='input'?2:1,labels.length-1)]);
  const under=here.get(left),over=here.get(right);
  el('under').src=under.src;el('under').alt=under.alt;el('over').src=over.src;el('over').alt=over.alt;
  el('tag-left').textContent=left;el('tag-right').textContent=right;
  el('caption').textContent=card.dataset.name;
  el('numbers').replaceChildren(...[...card.querySelectorAll('.numbers span')].map(n=>n.cloneNode(true)));
  const stage=document.querySelector('.stage'),ratio=over.getAttribute('width')/over.getAttribute('height');
  stage.classList.toggle('one',left===right);
  stage.style.setProperty('--ratio',ratio);
  stage.style.width='min(100vw - 24px, (100dvh - 210px) * '+ratio+')';
  for(const step of [1,-1]){
    const near=imagesOf(visible[(at+step+visible.length)%visible.length]).get(right);
    if(near)new Image().src=near.src;
  }
}
grid.onclick=event=>{
  const button=event.target.closest('button[data-label]');
  if(!button)return;
  const card=button.closest('.card'),first=imagesOf(card).keys().next().value;
  if(button.dataset.label!==first)sides.right=button.dataset.label;
  show(visible.indexOf(card));setWipe(50);viewer.showModal();el('wipe').focus({preventScroll:true});
};
for(const side of ['left','right'])el(side).onchange=()=>{sides[side]=el(side).value;show(at)};
el('wipe').oninput=()=>setWipe(+el('wipe').value);
el('next').onclick=()=>show(at+1);
el('previous').onclick=()=>show(at-1);
el('close').onclick=()=>viewer.close();
viewer.onclose=()=>{const card=visible[at];if(card)card.scrollIntoView({block:'nearest'})};
addEventListener('keydown',event=>{
  if(!viewer.open||event.ctrlKey||event.metaKey||event.altKey||event.target.tagName==='SELECT')return;
  const act={ArrowRight:()=>show(at+1),ArrowLeft:()=>show(at-1),ArrowUp:()=>setWipe(+el('wipe').value+5),
    ArrowDown:()=>setWipe(+el('wipe').value-5),Escape:()=>viewer.close()}[event.key];
  if(act){event.preventDefault();act()}
});
